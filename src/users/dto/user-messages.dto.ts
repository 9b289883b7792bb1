import { IsUUID } from 'class-validator';
import { IsEmailAddress } from '../account-rules.js';

/** Message of UserService.GetUser and DeleteUser. */
export class UserIdMessage {
  @IsUUID()
  id: string;
}

/** Message of UserService.GetUserByEmail and EmailExists. */
export class UserEmailMessage {
  @IsEmailAddress()
  email: string;
}
