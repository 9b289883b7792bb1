import { IsArray, IsIn, IsOptional, IsString } from 'class-validator';

/** Who is calling, as established by the authentication guard. Plain data: it travels over the link as it is. */
export class Principal {
  /** Id of the account (UUID v7). */
  @IsString()
  id: string;

  /** Role names, lowest first; one today. */
  @IsArray()
  @IsString({ each: true })
  roles: string[];

  /** Id of the session that the credential belongs to. */
  @IsOptional()
  @IsString()
  sid?: string;

  @IsIn(['access_token'])
  via: 'access_token';
}
