import { jest } from '@jest/globals';
import { Plugin, PluginPage, PluginQuery } from './plugin.js';
import { toPluginQuery } from './plugin.mapper.js';
import type { PluginRepository } from './plugin.repository.js';
import { PLUGIN_NOT_FOUND } from './plugins.errors.js';
import { PluginsService } from './plugins.service.js';

const plugin = Object.assign(new Plugin(), { id: 'arcana-audit', name: 'Audit' });

function service(methods: Partial<PluginRepository>) {
  const unplanned = () => {
    throw new Error('unplanned call');
  };
  return new PluginsService({ find: unplanned, list: unplanned, ...methods });
}

describe('the plugins service', () => {
  it('gives one plugin', async () => {
    const find = jest.fn<PluginRepository['find']>().mockResolvedValue(plugin);
    await expect(service({ find }).get('arcana-audit')).resolves.toBe(plugin);
    expect(find).toHaveBeenCalledWith('arcana-audit');
  });

  it('says so when there is none', async () => {
    const error = await service({ find: () => Promise.resolve(null) })
      .get('none')
      .catch((e: unknown) => e);
    expect(PLUGIN_NOT_FOUND.matches(error)).toBe(true);
  });

  it('gives a page', async () => {
    const page = Object.assign(new PluginPage(), { data: [plugin], page: 0, size: 10, total: 1 });
    const query = toPluginQuery({});
    const list = jest.fn<PluginRepository['list']>().mockResolvedValue(page);
    await expect(service({ list }).list(query)).resolves.toBe(page);
    expect(list).toHaveBeenCalledWith(query);
  });
});

describe('the query of a list', () => {
  it('has the first ten plugins as its default', () => {
    expect(toPluginQuery({})).toEqual(Object.assign(new PluginQuery(), { page: 0, size: 10 }));
    expect(toPluginQuery({ page: 2, size: 5, state: 'ENABLED' })).toEqual({
      page: 2,
      size: 5,
      state: 'ENABLED',
    });
  });
});
