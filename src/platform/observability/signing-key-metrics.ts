import { Injectable } from '@nestjs/common';
import { Gauge, Registry } from 'prom-client';

/** What is told of the keys that sign access tokens. */
export interface SigningKeyCounts {
  /** Keys whose tokens are accepted. */
  readonly accepted: number;
  /** Problems at the last reading. */
  readonly problems: number;
}

/** Series of the signing keys. */
@Injectable()
export class SigningKeyMetrics {
  constructor(private readonly registry: Registry) {}

  /** `counts` is asked at every scrape. */
  observe(counts: () => SigningKeyCounts): void {
    this.#gauge('arcana_signing_keys', 'Keys whose access tokens are accepted.', () => counts().accepted);
    this.#gauge(
      'arcana_signing_key_problems',
      'What was wrong at the last reading of the key directory; keys that worked are kept meanwhile.',
      () => counts().problems,
    );
  }

  #gauge(name: string, help: string, value: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.set(value());
      },
    });
  }
}
