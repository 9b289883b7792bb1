import type { Server } from '@grpc/grpc-js';
import { HealthImplementation, protoPath } from 'grpc-health-check';

/** What the health registry tells the gRPC listener. */
export interface HealthStatusSource {
  /**
   * @param service full name (`arcana.user.v1.UserService`), or the empty string for the server as a whole. A server that
   * does not serve as a whole serves none of its services.
   */
  setServing(service: string, serving: boolean): void;
}

/** The standard `grpc.health.v1.Health` (Check, Watch, List). Serves nothing until it is told so. */
export class GrpcHealth implements HealthStatusSource {
  /** Full name of the service and the .proto file that describes it. */
  static readonly service = 'grpc.health.v1.Health';
  static readonly protoFile = protoPath;

  private readonly implementation = new HealthImplementation({ '': 'NOT_SERVING' });
  private readonly own = new Map<string, boolean>();
  private overall = false;
  private stopped = false;

  setServing(service: string, serving: boolean): void {
    if (service === '') this.overall = serving;
    else this.own.set(service, serving);
    this.publish();
  }

  /** Names the services that this server really has. */
  announce(services: readonly string[]): void {
    for (const service of services) {
      if (!this.own.has(service)) this.own.set(service, true);
    }
    this.publish();
  }

  addTo(server: Server): void {
    this.implementation.addToServer(server);
  }

  /** Everything is NOT_SERVING from here on, whatever the registry says. */
  stop(): void {
    this.stopped = true;
    this.publish();
  }

  private publish(): void {
    const overall = this.overall && !this.stopped;
    this.implementation.setStatus('', overall ? 'SERVING' : 'NOT_SERVING');
    for (const [service, serving] of this.own) {
      this.implementation.setStatus(service, overall && serving ? 'SERVING' : 'NOT_SERVING');
    }
  }
}
