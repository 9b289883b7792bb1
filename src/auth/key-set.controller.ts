import { Controller, Get, Headers, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { createHash } from 'node:crypto';
import { Public } from '../platform/security/index.js';
import { KeySet } from './dto/key-set.dto.js';
import { KeySetService } from './key-set.service.js';

/** Seconds. Shorter than from when a new key is published to when it signs, if it was made as docs/keys.md says. */
const MAX_AGE_SECS = 60;

const CACHING = {
  ETag: { description: 'Changes with the set; for If-None-Match.', schema: { type: 'string' } },
  'Cache-Control': { description: `public, max-age=${MAX_AGE_SECS}`, schema: { type: 'string' } },
} as const;

/** Where other services find the keys of our tokens. */
@ApiTags('auth')
@Controller('.well-known')
export class KeySetController {
  constructor(private readonly keySet: KeySetService) {}

  @Get('jwks.json')
  @Public()
  @ApiOperation({
    summary: 'Public keys of the access tokens (JWK set)',
    description:
      'A key stands here before it signs and until the tokens it signed are over. Empty where tokens are signed with a secret (HS256).',
  })
  @ApiHeader({ name: 'if-none-match', required: false, description: 'ETag of the set the caller has.' })
  @ApiOkResponse({ type: KeySet, headers: CACHING })
  @ApiResponse({ status: 304, description: 'The caller has the set as it is.', headers: CACHING })
  async list(
    @Headers('if-none-match') known: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<KeySet | undefined> {
    const set = await this.keySet.list();
    const tag = `"${createHash('sha256').update(JSON.stringify(set)).digest('base64url').slice(0, 22)}"`;
    void reply.header('etag', tag).header('cache-control', `public, max-age=${MAX_AGE_SECS}`);
    if (!isAmong(tag, known)) return set;
    void reply.status(304);
    return undefined;
  }
}

/** Compared weakly, for a proxy that compresses marks the tag as weak: RFC 9110, 13.1.2. */
function isAmong(tag: string, known: string | undefined): boolean {
  const tags = known?.split(',').map((text) => text.trim().replace(/^W\//, '')) ?? [];
  return tags.includes(tag) || tags.includes('*');
}
