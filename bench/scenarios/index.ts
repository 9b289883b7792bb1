import type { Scenario } from '../harness/scenario.ts';
import { liveness } from './liveness.ts';
import { login } from './login.ts';
import { me } from './me.ts';
import { usersList } from './users-list.ts';
import { validateToken } from './validate-token.ts';

/** Every comparison `npm run bench` makes, in this order. */
export const SCENARIOS: Scenario[] = [liveness, validateToken, me, login, usersList];
