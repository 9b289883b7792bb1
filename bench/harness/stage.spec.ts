import { onStage } from './stage.ts';

describe('a stage', () => {
  it('stops the last started first, and gives the outcome', async () => {
    const stopped: string[] = [];
    const outcome = await onStage(async (stage) => {
      stage.defer(async () => void stopped.push('first'));
      stage.defer(async () => void stopped.push('second'));
      return 'done';
    });
    expect(outcome).toBe('done');
    expect(stopped).toEqual(['second', 'first']);
  });

  it('stops everything when the act fails', async () => {
    let stopped = false;
    const act = onStage(async (stage) => {
      stage.defer(async () => {
        stopped = true;
      });
      throw new Error('a side did not start');
    });
    await expect(act).rejects.toThrow('a side did not start');
    expect(stopped).toBe(true);
  });
});
