import { Section, Setting } from './setting.js';

/** One day: no timeout of a server is meant to be longer. */
const DAY_MS = 86_400_000;
const port = { type: 'integer', min: 0, max: 65_535 } as const;
const milliseconds = { type: 'integer', min: 1, max: DAY_MS } as const;

/** The REST listener. */
export class RestSettings {
  @Setting({ type: 'text', maxLength: 255, description: 'Address the REST listener binds.' })
  host: string = '0.0.0.0';

  @Setting({ ...port, description: 'Port of REST, Swagger UI and /health; 0 takes a free one.' })
  port: number = 8080;

  @Setting({
    type: 'list',
    of: 'addresses',
    description:
      'Addresses or ranges of the proxies whose X-Forwarded-* headers are believed; from anybody else they are ignored.',
  })
  trusted_proxies: string[] = [];

  @Setting({
    type: 'integer',
    min: 1024,
    max: 1_073_741_824,
    description: 'Largest request body, in bytes; more is answered with 413.',
  })
  body_limit_bytes: number = 1_048_576;

  @Setting({
    type: 'integer',
    min: 1024,
    max: 1_073_741_824,
    description:
      'Largest body of a route that takes it as a stream (an import of accounts), in bytes; more is answered with 413.',
  })
  upload_limit_bytes: number = 104_857_600;

  @Setting({
    ...milliseconds,
    description:
      'Time a request may take before it is answered with TIMEOUT; what is streamed (imports, exports) may take longer, but is cut when nothing of it has moved for so long.',
  })
  request_timeout_ms: number = 30_000;

  @Setting({
    ...milliseconds,
    description:
      'Time a request may take that streams its body or its answer, however well it moves; at least request_timeout_ms.',
  })
  stream_timeout_ms: number = 3_600_000;

  @Setting({
    ...milliseconds,
    description:
      'Time an idle connection is kept; longer than the idle time of the load balancer in front, which would otherwise write to a closed one.',
  })
  keep_alive_timeout_ms: number = 65_000;

  @Setting({
    ...milliseconds,
    description:
      'Time a client has to send all its request headers; a defence against clients that trickle them. At most request_timeout_ms.',
  })
  headers_timeout_ms: number = 10_000;

  @Setting({
    type: 'list',
    of: 'origins',
    description: 'Origins whose pages may call the API from a browser; none by default.',
  })
  cors_origins: string[] = [];

  @Setting({
    type: 'url',
    schemes: ['http', 'https'],
    optional: true,
    description:
      'The address under which users reach REST, used in mails; unset: http://localhost and the port.',
  })
  public_url?: string;

  @Setting({ type: 'flag', description: 'Serve Swagger UI at /docs and the API document at /openapi.json.' })
  docs: boolean = true;

  @Setting({
    type: 'flag',
    description:
      'Serve /metrics on the REST port too; config/production.toml switches it off, the management port always has it.',
  })
  metrics: boolean = true;
}

/** The gRPC listener. */
export class GrpcSettings {
  @Setting({ type: 'text', maxLength: 255, description: 'Address the gRPC listener binds.' })
  host: string = '0.0.0.0';

  @Setting({ ...port, description: 'Port of gRPC; 0 takes a free one.' })
  port: number = 9090;

  @Setting({
    type: 'list',
    of: 'addresses',
    description:
      'Addresses or ranges of the proxies whose x-forwarded-for metadata is believed; from anybody else it is ignored.',
  })
  trusted_proxies: string[] = [];

  @Setting({
    type: 'integer',
    min: 1024,
    max: 1_073_741_824,
    description: 'Largest message received or sent, in bytes; more is RESOURCE_EXHAUSTED.',
  })
  max_message_bytes: number = 4_194_304;

  @Setting({
    type: 'flag',
    description:
      'Serve gRPC reflection, which lists every method to anybody; config/production.toml switches it off.',
  })
  reflection: boolean = true;

  @Setting({
    ...milliseconds,
    description:
      'Time running calls get to finish on shutdown before they are cut. At most server.shutdown_timeout_ms, of which requests and calls together get 40 %, however long this is.',
  })
  shutdown_grace_ms: number = 10_000;

  @Setting({ ...milliseconds, description: 'Deadline of a call whose client set none.' })
  default_deadline_ms: number = 30_000;

  @Setting({
    type: 'integer',
    min: 1,
    max: 100_000,
    description: 'Calls one connection may have open at once.',
  })
  max_concurrent_streams: number = 100;
}

/** Health and metrics, apart from the traffic of users. */
export class ManagementSettings {
  @Setting({
    type: 'text',
    maxLength: 255,
    description:
      'Address the management listener binds; all interfaces, because Prometheus and kubelet come from outside the pod; config/development.toml keeps it on the own machine.',
  })
  host: string = '0.0.0.0';

  @Setting({ ...port, description: 'Port of health and metrics of every role; 0 takes a free one.' })
  port: number = 9464;
}

export class ServerSettings {
  @Section(RestSettings)
  rest: RestSettings = new RestSettings();

  @Section(GrpcSettings)
  grpc: GrpcSettings = new GrpcSettings();

  @Section(ManagementSettings)
  management: ManagementSettings = new ManagementSettings();

  @Setting({
    ...milliseconds,
    description:
      'Time a whole shutdown may take, of which every step has its part; below the 30 s that Kubernetes waits before it kills.',
  })
  shutdown_timeout_ms: number = 25_000;
}
