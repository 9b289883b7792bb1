import { Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { ApiErrors, UuidPipe } from '../platform/http/index.js';
import { RequirePermission } from '../platform/security/index.js';
import { ACCOUNT_ABOVE_OWN, SUPER_ADMIN_PROTECTED } from '../users/index.js';
import { AccountUnlockService } from './account-unlock.service.js';

/** REST of lifting a lock-out. It stands here, not with the accounts: what is lifted are the counters of signing in. */
@ApiTags('users')
@Controller('api/v1/users')
export class AccountUnlockController {
  constructor(private readonly accounts: AccountUnlockService) {}

  @Post(':id/unlock')
  @HttpCode(204)
  @RequirePermission('users:update')
  @ApiOperation({
    summary: 'Lift a lock-out',
    description:
      'Failed sign-ins that were counted for the account are forgotten, and a locked account is active again.',
  })
  @ApiParam({ name: 'id', description: 'Id of the account.', format: 'uuid' })
  @ApiNoContentResponse({ description: 'The account may sign in again.' })
  @ApiErrors('NOT_FOUND', SUPER_ADMIN_PROTECTED, ACCOUNT_ABOVE_OWN)
  async unlock(@Param('id', UuidPipe) id: string): Promise<void> {
    await this.accounts.unlock(id);
  }
}
