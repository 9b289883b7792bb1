import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiNoContentResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { ApiErrors, UuidPipe } from '../platform/http/index.js';
import { RateLimit } from '../platform/resilience/index.js';
import { Authenticated, Public, RequirePermission } from '../platform/security/index.js';
import { ACCOUNT_ABOVE_OWN, SUPER_ADMIN_PROTECTED } from '../users/index.js';
import { VERIFICATION_TOKEN_INVALID } from './auth.errors.js';
import { ForgotPasswordRequest, VerifyEmailRequest } from './dto/auth-requests.dto.js';
import { RecoveryService } from './recovery.service.js';
import { VerificationService } from './verification.service.js';

/** REST of what is done by mail: a new password, and the proof of an address. */
@Controller('api/v1')
export class RecoveryController {
  constructor(
    private readonly recovery: RecoveryService,
    private readonly verification: VerificationService,
  ) {}

  @Post('auth/forgot-password')
  @HttpCode(202)
  @Public()
  @RateLimit('auth')
  @ApiTags('auth')
  @ApiOperation({
    summary: 'Ask for a new password',
    description:
      'A mail with a token is sent if the address has an account. The answer does not tell whether it has.',
  })
  @ApiAcceptedResponse({ description: 'If there is such an account, its owner will be mailed.' })
  async forgotPassword(@Body() request: ForgotPasswordRequest): Promise<void> {
    await this.recovery.requestReset(request);
  }

  @Post('auth/verify-email')
  @HttpCode(204)
  @Public()
  @RateLimit('auth')
  @ApiTags('auth')
  @ApiOperation({
    summary: 'Verify an e-mail address by a mailed token',
    description: 'An account that waited for it becomes active. Sessions go on.',
  })
  @ApiNoContentResponse({ description: 'The address is verified.' })
  @ApiErrors(VERIFICATION_TOKEN_INVALID)
  async verifyEmail(@Body() request: VerifyEmailRequest): Promise<void> {
    await this.verification.verify(request);
  }

  @Post('auth/resend-verification')
  @HttpCode(202)
  @Authenticated()
  @RateLimit('auth')
  @ApiTags('auth')
  @ApiOperation({
    summary: 'Ask for another mail to verify the e-mail address',
    description:
      'Nothing is sent when it is verified, or when several such mails wait in the mailbox already.',
  })
  @ApiAcceptedResponse({ description: 'A mail will be sent if there is something to verify.' })
  async resendVerification(): Promise<void> {
    await this.verification.resend();
  }

  @Post('users/:id/reset-password')
  @HttpCode(202)
  @RequirePermission('users:update')
  @ApiTags('users')
  @ApiOperation({
    summary: "Mail an account's owner the way to a new password",
    description: 'Nobody else chooses it. The present password works until the owner has set another.',
  })
  @ApiParam({
    name: 'id',
    description: 'Id of the account.',
    format: 'uuid',
    example: '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87',
  })
  @ApiAcceptedResponse({ description: 'The owner will be mailed.' })
  @ApiErrors('NOT_FOUND', SUPER_ADMIN_PROTECTED, ACCOUNT_ABOVE_OWN)
  async resetPassword(@Param('id', UuidPipe) id: string): Promise<void> {
    await this.recovery.sendReset(id);
  }
}
