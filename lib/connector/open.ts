/** One session of a capture, from Flow's `open` request to its end. */
import type {Writable} from 'node:stream';
import {type CaptureBinding, runCapture} from '../capture/capture.ts';
import {retryInOutage} from '../capture/outage.ts';
import {newProgress} from '../capture/progress.ts';
import {logStatus, statusOf} from '../capture/status.ts';
import {parseConfig} from '../config/config.ts';
import {isSnapshotKey} from '../flow/discover.ts';
import type {OpenRequest} from '../flow/protocol.ts';
import {inRange} from '../flow/shard.ts';
import type {Log} from '../platform/log.ts';
import {FlowSink} from '../sinks/flow.ts';
import type {ConnectorOptions} from './client.ts';
import {checkSetup, readResources, withClient} from './client.ts';

/**
 * Captures the bindings of this shard into `output` until the signal aborts. A shard without
 * bindings idles.
 */
export async function runSession(
  request: OpenRequest,
  output: Writable,
  options: ConnectorOptions,
  signal: AbortSignal,
): Promise<void> {
  const {log, clock} = options;
  const config = parseConfig(request.config);
  const bindings = bindingsOfShard(request, log);
  const onHold = (reason: string | undefined) => logStatus(log, reason ?? statusOf(bindings.map(({progress}) => progress)));
  return withClient(config, {...options, onHold}, async (client) => {
    if (bindings.length > 0) {
      await retryInOutage(() => checkSetup(client, config, log, signal), {clock, log, onWait: onHold}, signal);
    }
    const sink = new FlowSink(output, signal);
    const {startDate} = config;
    await runCapture({client, clock, log, sink, bindings, state: request.state, startDate, once: false, signal});
  });
}

/** The bindings in the shard's range of keys. Throws ConfigError for an invalid one in any range. */
export function bindingsOfShard({bindings, range}: Pick<OpenRequest, 'bindings' | 'range'>, log: Log): CaptureBinding[] {
  const all = readResources(bindings).map((resource, i) => ({target: bindings[i]!, resource}));
  const own = all.filter(({target}) => inRange(range, target.stateKey));
  if (own.length < all.length) log('info', `This shard runs ${own.length} of ${all.length} bindings`, {range});
  return own.map(({target, resource}) => ({
    target,
    resource,
    progress: newProgress(resource.name),
    snapshot: isSnapshotKey(target.key),
  }));
}
