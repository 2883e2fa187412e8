/** The last line of defence: a failure that nobody foresaw is one module's, until it turns out to be everybody's (guarantee G6). */
import {ConfigError, ZohoError} from '../errors/errors.ts';
import type {Log} from '../platform/log.ts';
import type {WatchedSink} from './watched-sink.ts';

/**
 * A failure, if the connector does not know what it means: most likely it is a mistake in it, met by what one module holds. Failures of Zoho, of the
 * configuration or saved state, and of the output are known.
 */
export function unexpectedOf(error: unknown, sink: WatchedSink): Error | undefined {
  if (!(error instanceof Error) || error instanceof ZohoError || error instanceof ConfigError) return undefined;
  return sink.failedWith(error) ? undefined : error;
}

/**
 * Logs it with where it happened, for whoever mends it, and gives a text for the status. Its message is in neither: a failed conversion quotes
 * what it could not convert, which may be a customer's.
 */
export function reportUnexpected(error: Error, module: string, log: Log): string {
  const fault = `an unexpected ${error.name} in the connector, which should be reported`;
  log('error', `Module ${module}: ${fault}`, {module, stack: framesOf(error)});
  return fault;
}

/** The calls that led to an error, and to those that caused it. */
function framesOf(error: Error): string[] {
  // The message is a part of the stack, and may look like one.
  const calls = (error.stack ?? '').replace(error.message, () => '');
  const frames = calls.split('\n').filter((line) => /^\s+at /.test(line));
  const own = [error.name, ...frames.map((line) => line.trim())];
  return error.cause instanceof Error ? [...own, 'caused by', ...framesOf(error.cause)] : own;
}
