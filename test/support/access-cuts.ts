import { type AccessCuts } from '../../src/platform/security/index.js';
import { strictMock, type StrictMock } from './strict-mock.js';

/** Cuts that succeed and are noted, for specs of services that make them. */
export const notedCuts = (): StrictMock<AccessCuts> =>
  strictMock<AccessCuts>('AccessCuts', {
    ofSession: async () => undefined,
    ofUser: async () => undefined,
    ofProfile: async () => undefined,
  });
