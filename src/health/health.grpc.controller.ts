import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { distinctUntilChanged, from, merge, Observable, switchMap, takeWhile, timer } from 'rxjs';
import { Public } from '../platform/security/index.js';
import { SkipRateLimit } from '../platform/resilience/index.js';
import type { HealthDto } from './dto/health.dto.js';
import { HealthService, type Health } from './health.service.js';

/** How often a watched process looks at its dependencies: their state changes without telling anybody. */
const WATCH_INTERVAL_MS = 2_000;

const fingerprint = ({ status, components }: Health): string =>
  `${status} ${components.map((each) => `${each.name}=${each.status}`).join(' ')}`;

/** arcana.health.v1.HealthService: the same picture as GET /health. */
@Controller()
@SkipRateLimit()
export class HealthGrpcController {
  constructor(private readonly health: HealthService) {}

  @GrpcMethod('HealthService', 'Check')
  @Public()
  check(): Promise<HealthDto> {
    return this.health.check();
  }

  /** Sends the present state, then every change; ends when the process drains, so that it can stop. */
  @GrpcMethod('HealthService', 'Watch')
  @Public()
  watch(): Observable<HealthDto> {
    const changes = new Observable<void>((subscriber) => this.health.onChange(() => subscriber.next()));
    return merge(timer(0, WATCH_INTERVAL_MS), changes).pipe(
      switchMap(() => from(this.health.check())),
      distinctUntilChanged((before, after) => fingerprint(before) === fingerprint(after)),
      takeWhile(() => !this.health.draining, true),
    );
  }
}
