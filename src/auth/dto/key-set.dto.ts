import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsArray, IsIn, IsOptional, IsString, ValidateNested } from 'class-validator';

/** A public key. The private members of RFC 7518 have no place here, so that no mistake elsewhere can show one. */
export class PublicKey {
  @ApiProperty({ enum: ['RSA', 'EC'] })
  @IsIn(['RSA', 'EC'])
  kty: 'RSA' | 'EC';

  @ApiProperty({ description: 'Thumbprint of the key (RFC 7638); tokens name it in their header.' })
  @IsString()
  kid: string;

  @ApiProperty({ enum: ['RS256', 'ES256'] })
  @IsIn(['RS256', 'ES256'])
  alg: 'RS256' | 'ES256';

  @ApiProperty({ enum: ['sig'] })
  @IsIn(['sig'])
  use: 'sig';

  @ApiPropertyOptional({ enum: ['P-256'], description: 'Curve of an EC key.' })
  @IsOptional()
  @IsIn(['P-256'])
  crv?: 'P-256';

  @ApiPropertyOptional({ description: 'Of an EC key, base64url.' })
  @IsOptional()
  @IsString()
  x?: string;

  @ApiPropertyOptional({ description: 'Of an EC key, base64url.' })
  @IsOptional()
  @IsString()
  y?: string;

  @ApiPropertyOptional({ description: 'Modulus of an RSA key, base64url.' })
  @IsOptional()
  @IsString()
  n?: string;

  @ApiPropertyOptional({ description: 'Exponent of an RSA key, base64url.' })
  @IsOptional()
  @IsString()
  e?: string;
}

/** A JWK set: RFC 7517, 5. */
export class KeySet {
  @ApiProperty({
    type: [PublicKey],
    description: 'Those to come and those that retire included; empty where tokens are signed with a secret.',
  })
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => PublicKey)
  keys: PublicKey[];
}
