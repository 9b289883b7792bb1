import { Injectable } from '@nestjs/common';
import { createHmac } from 'node:crypto';
import { ArcanaConfig, type SyncSettings } from '../platform/config/index.js';
import { OutboundClient, OutboundError } from '../platform/outbound/index.js';
import type { User } from './dto/user.dto.js';

/**
 * What became of a posted change. `refused`: this change will never be taken, another may. `failed`: worth another
 * attempt, not before `retryAfterSecs` where the directory said so.
 */
export type DirectoryAnswer =
  | { readonly outcome: 'taken' }
  | { readonly outcome: 'refused'; readonly why: string }
  | { readonly outcome: 'failed'; readonly why: string; readonly retryAfterSecs?: number };

/** Statuses of the 4xx that say "not now" rather than "not this". Source: RFC 9110, RFC 8470, RFC 6585. */
const NOT_NOW = new Set([408, 425, 429]);
const MAX_RETRY_AFTER_SECS = 86_400;

/**
 * Posts the state of an account to `sync.url`, in the form of Standard Webhooks: headers webhook-id, webhook-timestamp
 * and, with `sync.secret`, webhook-signature (HMAC-SHA256 over `id.timestamp.body`). The id names account and version,
 * so that whoever gets one twice can tell. Source: https://www.standardwebhooks.com
 */
@Injectable()
export class DirectoryClient {
  readonly #settings: SyncSettings;

  constructor(
    private readonly outbound: OutboundClient,
    config: ArcanaConfig,
  ) {
    this.#settings = config.sync;
  }

  /** Whether there is a directory to post to. */
  get isConfigured(): boolean {
    return this.#settings.url !== undefined;
  }

  /** @throws SERVICE_UNAVAILABLE when nothing was sent, because the directory has failed too often or too much runs */
  async post(user: User): Promise<DirectoryAnswer> {
    const { url, secret } = this.#settings;
    if (url === undefined) throw new Error('There is no sync.url to post to.');
    const id = `${user.id}.${user.version}`;
    const now = new Date();
    const seconds = String(Math.floor(now.getTime() / 1_000));
    const type = user.status === 'deleted' ? 'user.deleted' : 'user.upserted';
    const body = JSON.stringify({ type, timestamp: now, data: contentOf(user) });
    const headers: Record<string, string> = { 'webhook-id': id, 'webhook-timestamp': seconds };
    if (secret !== undefined) {
      const signature = createHmac('sha256', secret).update(`${id}.${seconds}.${body}`).digest('base64');
      headers['webhook-signature'] = `v1,${signature}`;
    }
    try {
      const answer = await this.outbound.post({ dependency: 'sync', url, headers, body });
      return judge(answer.status, answer.headers['retry-after']);
    } catch (error) {
      if (error instanceof OutboundError) return { outcome: 'failed', why: error.message };
      throw error;
    }
  }
}

/** Whether a copy is behind is our own business; the copy itself cannot know. */
function contentOf(user: User): Omit<User, 'sync_status'> {
  const { sync_status: _own, ...content } = user;
  return content;
}

function judge(status: number, retryAfter: string | string[] | undefined): DirectoryAnswer {
  if (status >= 200 && status < 300) return { outcome: 'taken' };
  const why = `The directory answered ${status}.`;
  const isFinal = status >= 400 && status < 500 && !NOT_NOW.has(status);
  if (isFinal) return { outcome: 'refused', why };
  const seconds = typeof retryAfter === 'string' && /^\d{1,7}$/.test(retryAfter) ? Number(retryAfter) : 0;
  return {
    outcome: 'failed',
    why,
    ...(seconds > 0 && { retryAfterSecs: Math.min(seconds, MAX_RETRY_AFTER_SECS) }),
  };
}
