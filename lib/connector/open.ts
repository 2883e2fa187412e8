/** One session of a capture, from Flow's `open` request to its end. */
import type {Writable} from 'node:stream';
import {runCapture} from '../capture/capture.ts';
import {retryInOutage} from '../capture/outage.ts';
import {newProgress} from '../capture/progress.ts';
import {logStatus, statusOf} from '../capture/status.ts';
import {parseConfig} from '../config/config.ts';
import {isSnapshotKey} from '../flow/discover.ts';
import type {OpenRequest} from '../flow/protocol.ts';
import {inRange} from '../flow/shard.ts';
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
  const resources = readResources(request.bindings);
  const bindings = request.bindings
    .map((target, i) => ({
      target,
      resource: resources[i]!,
      progress: newProgress(resources[i]!.name),
      snapshot: isSnapshotKey(target.key),
    }))
    .filter(({target}) => inRange(request.range, target.stateKey));
  if (bindings.length < resources.length) {
    log('info', `This shard runs ${bindings.length} of ${resources.length} bindings`, {range: request.range});
  }
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
