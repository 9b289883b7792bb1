import { IsInt, Min } from 'class-validator';

/** An address that an account has signed in from. */
export class KnownAddress {
  /** Seconds since it last did, as far as is remembered: repeated sign-ins are noted once in a while. */
  @IsInt()
  @Min(0)
  seen_secs_ago: number;
}
