import { Type } from 'class-transformer';
import { IsInt, IsOptional, Max, Min, ValidateNested } from 'class-validator';
import { User } from './user.dto.js';

/** An account whose latest change is to be posted. */
export class PendingUser {
  @ValidateNested()
  @Type(() => User)
  user: User;

  /** Times this change was posted in vain. */
  @IsInt()
  @Min(0)
  attempts: number;
}

/** What follows from a change that was posted in vain. */
export class SyncFailure {
  /** Seconds until it is posted again; absent: it is given up, and the account is FAILED. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(604_800)
  retry_in_secs?: number;
}
