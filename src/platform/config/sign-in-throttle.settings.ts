import { Setting } from './setting.js';

const failures = { type: 'integer', min: 1, max: 1_000_000 } as const;

/** How often a password may be wrong. Each number comes back steadily over the window. */
export class SignInThrottleSettings {
  @Setting({ type: 'flag', description: 'Limit how often a password may be wrong.' })
  enabled: boolean = true;

  @Setting({
    type: 'integer',
    min: 1,
    max: 86_400,
    description: 'Time in which failures that were counted are forgotten, one after the other, in seconds.',
  })
  window_secs: number = 3_600;

  @Setting({
    ...failures,
    description:
      'Wrong passwords for one account from one address (an IPv6 /64 is one); a success there starts it anew.',
  })
  failures_per_account_and_address: number = 10;

  @Setting({
    ...failures,
    description: 'Wrong passwords from one address for all accounts that never signed in from it.',
  })
  failures_per_address: number = 100;

  @Setting({
    ...failures,
    description:
      'Wrong passwords for one account from all addresses that it never signed in from; when they are used up, its owner still gets in from those that it did.',
  })
  failures_per_account: number = 50;

  @Setting({
    type: 'integer',
    min: 1,
    max: 3_650,
    description: 'How long an address that an account signed in from is remembered, in days.',
  })
  known_address_days: number = 90;
}
