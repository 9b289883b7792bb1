import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength, MinLength, ValidateBy } from 'class-validator';
import { IsDisplayName, IsEmailAddress, MAX_EMAIL_LENGTH, MAX_NAME_LENGTH } from '../../users/index.js';
import { MAX_PASSWORD_BYTES } from '../password-policy.js';

const MAX_TOKEN_LENGTH = 4096;
const MAX_DEVICE_NAME_LENGTH = 100;
const PASSWORD = { format: 'password', minLength: 1, example: 'Correct-Horse-7' };

/** Text that may be normalised and hashed: its size is known to be bounded. Whether it is good is the policy's business. */
const IsPassword = (): PropertyDecorator => (target, property) => {
  const message = `${String(property)} must be text of 1 to ${MAX_PASSWORD_BYTES} bytes`;
  ValidateBy({
    name: 'isPassword',
    validator: {
      validate: (value: unknown) =>
        typeof value === 'string' &&
        value !== '' &&
        value.isWellFormed() &&
        Buffer.byteLength(value) <= MAX_PASSWORD_BYTES,
      defaultMessage: () => message,
    },
  })(target, property);
};

/** Any text a token could be; a worthless one is 401, not 422. */
const IsToken = (): PropertyDecorator => (target, property) => {
  IsString()(target, property);
  MinLength(1)(target, property);
  MaxLength(MAX_TOKEN_LENGTH)(target, property);
};

export class RegisterRequest {
  @ApiProperty({ minLength: 1, maxLength: MAX_NAME_LENGTH, example: 'Ada Lovelace' })
  @IsDisplayName()
  name: string;

  @ApiProperty({ format: 'email', maxLength: MAX_EMAIL_LENGTH, example: 'ada@example.com' })
  @IsEmailAddress()
  email: string;

  @ApiProperty({
    ...PASSWORD,
    description: '8 to 128 characters with upper case, lower case and digit, unless configured otherwise.',
  })
  @IsPassword()
  password: string;
}

export class LoginRequest {
  @ApiProperty({ format: 'email', maxLength: MAX_EMAIL_LENGTH, example: 'ada@example.com' })
  @IsEmailAddress()
  email: string;

  @ApiProperty(PASSWORD)
  @IsPassword()
  password: string;

  @ApiPropertyOptional({
    maxLength: MAX_DEVICE_NAME_LENGTH,
    description: "How the session shall be called in the owner's list of sessions.",
    example: 'Laptop',
  })
  @IsOptional()
  @IsDisplayName(MAX_DEVICE_NAME_LENGTH)
  device_name?: string;
}

export class RefreshRequest {
  @ApiProperty({ description: 'The refresh token received last.', example: 'n2t9...' })
  @IsToken()
  refresh_token: string;
}

export class LogoutRequest {
  @ApiPropertyOptional({
    description: 'Names the session to end when no access token is sent.',
    example: 'n2t9...',
  })
  @IsOptional()
  @IsToken()
  refresh_token?: string;
}

export class ForgotPasswordRequest {
  @ApiProperty({ format: 'email', maxLength: MAX_EMAIL_LENGTH, example: 'ada@example.com' })
  @IsEmailAddress()
  email: string;
}

export class VerifyEmailRequest {
  @ApiProperty({ description: 'The token from the mail; it works once, for 24 hours.', example: 'kq7v...' })
  @IsToken()
  token: string;
}

export class ResetPasswordRequest {
  @ApiProperty({ description: 'The token from the mail; it works once, for 30 minutes.', example: 'kq7v...' })
  @IsToken()
  token: string;

  @ApiProperty(PASSWORD)
  @IsPassword()
  new_password: string;
}

export class ChangePasswordRequest {
  @ApiProperty({ ...PASSWORD, example: 'Correct-Horse-7' })
  @IsPassword()
  current_password: string;

  @ApiProperty({ ...PASSWORD, example: 'Battery-Staple-8' })
  @IsPassword()
  new_password: string;
}

/** Message of AuthService.ValidateToken. */
export class ValidateTokenRequest {
  // Not bounded and not required: whatever is no token of ours is answered with `valid: false`.
  @IsString()
  access_token: string;
}
