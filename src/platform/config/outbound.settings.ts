import { Setting } from './setting.js';

const milliseconds = { type: 'integer', min: 1, max: 300_000 } as const;

/** Calls to services outside, such as `sync.url`. */
export class OutboundSettings {
  @Setting({
    type: 'list',
    of: 'addresses',
    description:
      'Addresses or ranges that are not of the public internet (10.0.0.0/8, 127.0.0.1 ...) and may be called nevertheless; all others of that kind are refused.',
  })
  allowed_addresses: string[] = [];

  @Setting({ type: 'list', of: 'ports', description: 'Ports that may be called.' })
  allowed_ports: string[] = ['443'];

  @Setting({ type: 'flag', description: 'Also call plain http; its port must be among allowed_ports.' })
  allow_http: boolean = false;

  @Setting({ ...milliseconds, description: 'Time a connection may take to open, name and TLS included.' })
  connect_timeout_ms: number = 3_000;

  @Setting({ ...milliseconds, description: 'Time one call may take in all.' })
  timeout_ms: number = 10_000;

  @Setting({
    type: 'integer',
    min: 1,
    max: 1_000,
    description: 'Calls to one service at once; more are refused without waiting.',
  })
  max_concurrent: number = 20;
}

/** The copy of all accounts in a directory outside. */
export class SyncSettings {
  @Setting({
    type: 'url',
    schemes: ['https', 'http'],
    optional: true,
    description:
      'Where changes of accounts are posted to, for example https://directory.example.com/arcana; unset: nowhere. What may be called is decided by outbound.*.',
  })
  url?: string;

  @Setting({
    type: 'text',
    minBytes: 32,
    secret: true,
    optional: true,
    description:
      'Key that signs what is posted (HMAC-SHA256, header webhook-signature), at least 32 random bytes; unset: it is not signed.',
  })
  secret?: string;

  @Setting({
    type: 'integer',
    min: 1,
    max: 20,
    description:
      'Times one change is posted before the account is marked FAILED; 5 minutes lie between two, then 10, 20 ...',
  })
  max_attempts: number = 5;
}
