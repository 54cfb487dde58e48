import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { settings } from './settings.ts';

describe('the folder of the data', () => {
  const before = process.env.INIT_CWD;

  beforeEach(() => {
    process.env.INIT_CWD = '/home/ada/project';
  });
  afterEach(() => {
    if (before === undefined) delete process.env.INIT_CWD;
    else process.env.INIT_CWD = before;
  });

  it('is data in the workspace, from wherever a process is started', () => {
    expect(settings.dataDir.parse(undefined)).toBe(path.resolve(import.meta.dirname, '../../../data'));
  });

  it('stands relative to where the user stood, not to the package that npm runs', () => {
    expect(settings.dataDir.parse('here/data')).toBe('/home/ada/project/here/data');
    expect(settings.dataDir.parse('/var/lib/parley')).toBe('/var/lib/parley');
  });

  it('stands relative to the working directory without npm', () => {
    delete process.env.INIT_CWD;
    expect(settings.dataDir.parse('data')).toBe(path.resolve('data'));
  });
});

describe('an address of the control plane', () => {
  it.each(['127.0.0.1:50051', 'server:1', '[::1]:50051'])('may be %s', (address) => {
    expect(settings.grpcUrl.parse(address)).toBe(address);
  });
  it.each(['server', 'http://server:50051', 'server:port', 'a b:1'])('may not be %s', (address) => {
    expect(settings.grpcUrl.safeParse(address).success).toBe(false);
  });
});
