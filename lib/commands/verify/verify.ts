/**
 * `source-zoho verify`: compares captured files with Zoho by id, up to the point that the capture
 * had reached.
 */
import {ConfigError} from '../../errors/errors.ts';
import {folderDisk} from '../../sinks/files/disk.ts';
import {lockFolder} from '../../sinks/files/lock.ts';
import {manifestName, parseManifest} from '../../sinks/files/manifest.ts';
import {type SetupArguments, setUpToAnswer} from '../context.ts';
import type {CommandContext} from '../host.ts';
import {working} from '../terminal/work.ts';
import {compareAll} from './compare-all.ts';
import type {CompareArguments} from './compare-module.ts';
import {type ReportOptions, report} from './report.ts';

export type VerifyArguments = SetupArguments & ReportOptions & CompareArguments;

/** Compares, reports, and returns the exit code. `setUp` reads the configuration. */
export async function verify(host: CommandContext, args: VerifyArguments, setUp = setUpToAnswer): Promise<number> {
  if (args.full !== true && args.sample === 0)
    throw new ConfigError('Cannot compare 0 records: pass --sample with at least 1, or --full');
  const text = await folderDisk(args.out).read(manifestName);
  if (text === undefined)
    throw new ConfigError(`Cannot verify ${args.out}: it has no ${manifestName}, so capture did not write it`);
  const verified = await working(host, async (work) => {
    const quiet = {...host, log: work.log};
    const setup = await setUp(quiet, args);
    try {
      const unlock = await lockFolder(args.out);
      try {
        return await compareAll(setup, parseManifest(text, args.out), args, quiet, work);
      } finally {
        unlock();
      }
    } finally {
      await setup.close();
    }
  });
  return report(host, args, verified);
}
