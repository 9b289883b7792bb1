import { Injectable } from '@nestjs/common';
import { OnEvent, type DomainEvent } from '../platform/events/index.js';
import { UserDeleted } from '../users/index.js';
import { ApiKeyService } from './api-key.service.js';

/** A deleted account's keys are refused from that moment; here they are taken away for good. */
@Injectable()
export class DeletedAccountKeys {
  constructor(private readonly keys: ApiKeyService) {}

  @OnEvent(UserDeleted)
  onUserDeleted({ data, occurred_at }: DomainEvent<{ user_id: string }>): Promise<void> | void {
    return this.keys.revokeAllOf(data.user_id, new Date(occurred_at));
  }
}
