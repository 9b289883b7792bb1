import { Body, Controller, Get, HttpCode, Post, Res } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBody,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiErrors, writtenOnce } from '../platform/http/index.js';
import { RateLimit } from '../platform/resilience/index.js';
import { Authenticated, OptionallyAuthenticated, Public } from '../platform/security/index.js';
import { EMAIL_TAKEN, User } from '../users/index.js';
import {
  ACCOUNT_SUSPENDED,
  EMAIL_NOT_VERIFIED,
  PASSWORD_TOO_COMMON,
  REGISTRATION_CLOSED,
  RESET_TOKEN_INVALID,
} from './auth.errors.js';
import { TokenPair } from './dto/auth-answers.dto.js';
import {
  LoginRequest,
  LogoutRequest,
  RefreshRequest,
  RegisterRequest,
  ResetPasswordRequest,
} from './dto/auth-requests.dto.js';
import { OptionalBodyPipe } from './optional-body.pipe.js';
import { PasswordService } from './password.service.js';
import { ProfileService } from './profile.service.js';
import { RegistrationService } from './registration.service.js';
import { SessionService } from './session.service.js';
import { SignInService } from './sign-in.service.js';

/** REST of signing up, in and out. */
@ApiTags('auth')
@Controller('api/v1/auth')
export class AuthController {
  constructor(
    private readonly registration: RegistrationService,
    private readonly signIn: SignInService,
    private readonly sessions: SessionService,
    private readonly profile: ProfileService,
    private readonly passwords: PasswordService,
  ) {}

  @Post('register')
  @Public()
  @RateLimit('auth')
  @ApiOperation({
    summary: 'Open an account',
    description: 'Fields that are not listed (role, status ...) are refused.',
  })
  @ApiCreatedResponse({
    type: User,
    headers: { Location: { description: 'Path of the account.', schema: { type: 'string' } } },
  })
  @ApiAcceptedResponse({
    description:
      'Instead, where it is hidden which addresses have accounts: the answer to every registration, free address or taken.',
  })
  @ApiErrors(EMAIL_TAKEN, REGISTRATION_CLOSED, PASSWORD_TOO_COMMON)
  async register(
    @Body() request: RegisterRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<User | undefined> {
    const user = await this.registration.register(request);
    if (user) void reply.header('location', `/api/v1/users/${user.id}`);
    else void reply.status(202);
    return user ?? undefined;
  }

  @Post('login')
  @HttpCode(200)
  @Public()
  @RateLimit('auth')
  @ApiOperation({ summary: 'Sign in', description: 'The answer does not tell whether the account exists.' })
  @ApiOkResponse({ type: TokenPair })
  @ApiErrors('INVALID_CREDENTIALS', ACCOUNT_SUSPENDED, EMAIL_NOT_VERIFIED)
  async login(@Body() request: LoginRequest): Promise<TokenPair> {
    return this.signIn.login(request);
  }

  @Post('refresh')
  @HttpCode(200)
  @Public()
  @RateLimit('auth')
  @ApiOperation({
    summary: 'Trade a refresh token for a new pair',
    description: 'The old token is spent. Using a spent one again ends the session, access tokens included.',
  })
  @ApiOkResponse({ type: TokenPair })
  @ApiErrors('UNAUTHORIZED', 'TOKEN_EXPIRED')
  async refresh(@Body() request: RefreshRequest): Promise<TokenPair> {
    return this.sessions.refresh(request);
  }

  @Post('logout')
  @HttpCode(204)
  @OptionallyAuthenticated()
  @ApiOperation({
    summary: 'Sign out',
    description:
      'Ends the session of the access token, or of the refresh token in the body. The access token stops working at once.',
  })
  @ApiBody({ type: LogoutRequest, required: false })
  @ApiNoContentResponse({ description: 'The session is over.' })
  async logout(@Body(new OptionalBodyPipe(LogoutRequest)) request: unknown): Promise<void> {
    await this.sessions.logout(request as LogoutRequest);
  }

  @Post('reset-password')
  @HttpCode(204)
  @Public()
  @RateLimit('auth')
  @ApiOperation({
    summary: 'Set a password by a mailed token',
    description: 'Every session of the account ends.',
  })
  @ApiNoContentResponse({ description: 'The password is set.' })
  @ApiErrors(RESET_TOKEN_INVALID)
  async resetPassword(@Body() request: ResetPasswordRequest): Promise<void> {
    await this.passwords.reset(request);
  }

  @Get('me')
  @Authenticated({ keys: true })
  @ApiOperation({ summary: "Read the caller's own account" })
  @ApiOkResponse({ type: User })
  async me(): Promise<User> {
    return writtenOnce(await this.profile.me());
  }
}
