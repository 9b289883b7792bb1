import { Controller } from '@nestjs/common';
import { GrpcMethod, Payload } from '@nestjs/microservices';
import { RateLimit } from '../platform/resilience/index.js';
import { Authenticated, OptionallyAuthenticated, Public } from '../platform/security/index.js';
import type { User } from '../users/index.js';
import type { TokenPair, TokenValidity } from './dto/auth-answers.dto.js';
import {
  ChangePasswordRequest,
  LoginRequest,
  LogoutRequest,
  RefreshRequest,
  RegisterRequest,
  ValidateTokenRequest,
} from './dto/auth-requests.dto.js';
import { PasswordChangeService } from './password-change.service.js';
import { ProfileService } from './profile.service.js';
import { RegistrationService } from './registration.service.js';
import { SessionService } from './session.service.js';
import { SignInService } from './sign-in.service.js';
import { TokenService } from './token.service.js';

/** arcana.auth.v1.AuthService: the calls of REST, and the judgement of a token. */
@Controller()
export class AuthGrpcController {
  constructor(
    private readonly registration: RegistrationService,
    private readonly signIn: SignInService,
    private readonly sessions: SessionService,
    private readonly profile: ProfileService,
    private readonly passwords: PasswordChangeService,
    private readonly tokens: TokenService,
  ) {}

  @GrpcMethod('AuthService', 'Register')
  @Public()
  @RateLimit('auth')
  async register(@Payload() request: RegisterRequest): Promise<{ user?: User }> {
    const user = await this.registration.register(request);
    return user ? { user } : {};
  }

  @GrpcMethod('AuthService', 'Login')
  @Public()
  @RateLimit('auth')
  async login(@Payload() request: LoginRequest): Promise<TokenPair> {
    return this.signIn.login(request);
  }

  @GrpcMethod('AuthService', 'RefreshToken')
  @Public()
  @RateLimit('auth')
  async refreshToken(@Payload() request: RefreshRequest): Promise<TokenPair> {
    return this.sessions.refresh(request);
  }

  // The token to judge is the message; whoever holds one may ask what it is worth.
  @GrpcMethod('AuthService', 'ValidateToken')
  @Public()
  validateToken(@Payload() { access_token }: ValidateTokenRequest): Promise<TokenValidity> {
    return this.tokens.validate(access_token);
  }

  @GrpcMethod('AuthService', 'Logout')
  @OptionallyAuthenticated()
  async logout(@Payload() request: LogoutRequest): Promise<Record<string, never>> {
    await this.sessions.logout(request);
    return {};
  }

  @GrpcMethod('AuthService', 'LogoutAll')
  @Authenticated()
  async logoutAll(): Promise<Record<string, never>> {
    await this.sessions.logoutAll();
    return {};
  }

  @GrpcMethod('AuthService', 'ChangePassword')
  @Authenticated()
  @RateLimit('auth')
  async changePassword(@Payload() request: ChangePasswordRequest): Promise<Record<string, never>> {
    await this.passwords.change(request);
    return {};
  }

  @GrpcMethod('AuthService', 'GetCurrentUser')
  @Authenticated({ keys: true })
  async getCurrentUser(): Promise<{ user: User }> {
    return { user: await this.profile.me() };
  }
}
