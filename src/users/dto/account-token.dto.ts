import { IsIn, IsInt, IsOptional, IsString, IsUUID, Max, Min, ValidateNested } from 'class-validator';
import { Type } from 'class-transformer';
import { IsTokenHash } from '../opaque-token.js';

/** What a mailed token opens, and nothing else: the way to a new password, or the proof of an e-mail address. */
export const TOKEN_PURPOSES = ['set_password', 'verify_email'] as const;
export type TokenPurpose = (typeof TOKEN_PURPOSES)[number];

/** A token that is about to be mailed to an account's owner; it works once. */
export class NewAccountToken {
  @IsUUID()
  user_id: string;

  @IsIn(TOKEN_PURPOSES)
  purpose: TokenPurpose;

  /** The job that mails it. */
  @IsUUID()
  mail_id: string;

  @IsTokenHash()
  token_hash: string;

  @IsInt()
  @Min(1)
  @Max(86_400)
  lifetime_secs: number;
}

/** Whom a token belongs to, or a mail goes to. */
export class AccountTokenOwner {
  @IsUUID()
  user_id: string;

  @IsString()
  name: string;

  @IsString()
  email: string;
}

export const TOKEN_REFUSALS = ['account_gone', 'address_verified', 'enough_mails'] as const;

/** Whom to mail a token to, or why none was stored. */
export class IssuedToken {
  @IsOptional()
  @ValidateNested()
  @Type(() => AccountTokenOwner)
  owner?: AccountTokenOwner;

  /** `enough_mails`: as many mails with tokens that still work are on their way or in the mailbox as may be. */
  @IsOptional()
  @IsIn(TOKEN_REFUSALS)
  refusal?: (typeof TOKEN_REFUSALS)[number];
}
