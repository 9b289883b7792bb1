import { Setting } from './setting.js';

/** Keys by which services call in the name of an account. */
export class ApiKeySettings {
  @Setting({
    type: 'integer',
    min: 1,
    max: 1000,
    description: 'API keys that one account may have.',
  })
  max_per_account: number = 50;

  @Setting({
    type: 'integer',
    min: 0,
    max: 3650,
    description:
      'The longest an API key may live, in days, and how long it does if nothing is said; 0: for ever.',
  })
  max_lifetime_days: number = 365;
}
