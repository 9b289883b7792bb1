import { Controller, Get, Header, ServiceUnavailableException } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  HealthCheckService,
  HealthIndicatorService,
  type HealthCheckResult,
  type HealthIndicatorResult,
} from '@nestjs/terminus';
import { AppError, type FieldError } from '../platform/errors/index.js';
import { Uncompressed } from '../platform/http/index.js';
import { Public } from '../platform/security/index.js';
import { SkipRateLimit } from '../platform/resilience/index.js';
import { HealthDto, LivenessDto, ProbeDto } from './dto/health.dto.js';
import { HealthService } from './health.service.js';

/** Always the same, so it is text: what Nest and Fastify do to make it of an object costs a tenth of the request. */
const LIVE = JSON.stringify({ status: 'healthy' } satisfies LivenessDto);

/** Probes. Live asks for the process alone: a database that is down must not get the process killed. */
@ApiTags('health')
@Controller('health')
@SkipRateLimit()
export class HealthController {
  constructor(
    private readonly health: HealthService,
    private readonly terminus: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
  ) {}

  @Get()
  @Public()
  @ApiOperation({ summary: 'State of the process and of what it depends on' })
  @ApiOkResponse({ type: HealthDto })
  overview(): Promise<HealthDto> {
    return this.health.check();
  }

  @Get('live')
  @Header('content-type', 'application/json; charset=utf-8')
  @Public()
  @Uncompressed()
  @ApiOperation({ summary: 'Whether the process runs (liveness probe)' })
  @ApiOkResponse({ type: LivenessDto })
  live(): string {
    return LIVE;
  }

  @Get('ready')
  @Public()
  @Uncompressed()
  @ApiOperation({ summary: 'Whether the process takes requests (readiness probe); 503 while it does not' })
  @ApiOkResponse({ type: ProbeDto, description: 'Ready. Dependencies it can do without may be degraded.' })
  async ready(): Promise<HealthCheckResult> {
    const { components } = await this.health.check();
    return this.#judge([
      this.#indicator('listening', this.health.started && !this.health.draining),
      ...components.map(({ name, required, status }): HealthIndicatorResult =>
        required
          ? this.#indicator(name, status === 'healthy')
          : this.indicators.check(name).up({ state: status }),
      ),
    ]);
  }

  @Get('startup')
  @Public()
  @Uncompressed()
  @ApiOperation({ summary: 'Whether the process has finished starting (startup probe); 503 until then' })
  @ApiOkResponse({ type: ProbeDto, description: 'Started.' })
  startup(): Promise<HealthCheckResult> {
    return this.#judge([this.#indicator('started', this.health.started)]);
  }

  #indicator(name: string, up: boolean): HealthIndicatorResult {
    const session = this.indicators.check(name);
    return up ? session.up() : session.down();
  }

  /** Terminus' own answer when all is well; a problem document naming what is down otherwise. */
  async #judge(results: HealthIndicatorResult[]): Promise<HealthCheckResult> {
    try {
      return await this.terminus.check(results.map((result) => () => result));
    } catch (error) {
      if (!(error instanceof ServiceUnavailableException)) throw error;
      const fields = results
        .flatMap((result) => Object.entries(result))
        .filter(([, { status }]) => status === 'down')
        .map(([field]): FieldError => ({ field, code: 'UNHEALTHY', message: `${field} is down` }));
      throw new AppError('SERVICE_UNAVAILABLE', {
        message: 'This process is not ready.',
        fields,
        retryAfterSeconds: 1,
      });
    }
  }
}
