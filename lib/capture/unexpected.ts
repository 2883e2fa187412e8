/** Unexpected failures: they concern one module, unless they occur in all (guarantee G6). */
import {ConfigError, ZohoError} from '../errors/errors.ts';
import type {Log} from '../platform/log.ts';
import type {WatchedSink} from './watched-sink.ts';

/**
 * An unexpected failure, most likely a bug that one module's data triggers; undefined for an
 * expected one. Failures of Zoho, of the configuration or saved state, and of the output are
 * expected.
 */
export function unexpectedOf(error: unknown, sink: WatchedSink): Error | undefined {
  if (!(error instanceof Error) || error instanceof ZohoError || error instanceof ConfigError) return undefined;
  return sink.failedWith(error) ? undefined : error;
}

/**
 * Logs the failure with its stack, and returns a text for the status. Neither has its message,
 * which may quote a customer's value.
 */
export function reportUnexpected(error: Error, module: string, log: Log): string {
  const fault = `an unexpected ${error.name} in the connector; please report it`;
  log('error', `Module ${module}: ${fault}`, {module, stack: framesOf(error)});
  return fault;
}

/** The stack frames of an error and of its causes. */
function framesOf(error: Error): string[] {
  const stack = String(error.stack);
  // The stack begins with the message, whose lines may look like frames.
  const messageEnd = stack.indexOf(error.message) + error.message.length;
  const calls = stack.slice(messageEnd).split('\n');
  const own = [error.name, ...calls.map((line) => line.trim()).filter((line) => line.startsWith('at '))];
  return error.cause instanceof Error ? [...own, 'caused by', ...framesOf(error.cause)] : own;
}
