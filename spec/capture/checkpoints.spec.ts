/** The state of a binding, which changes only in the step that writes its checkpoint. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {Checkpoints, type Complete} from '../../lib/capture/checkpoints.ts';
import type {BindingState, StatePatch} from '../../lib/flow/state.ts';
import {pipeDocuments} from '../../lib/pipeline.ts';
import {patchOf, type Sink} from '../../lib/sinks/sink.ts';
import {nowS, savedOf, stateTime} from '../harness/binding-zoho.ts';
import {docsOf} from '../harness/blocks.ts';

const checkpoints = suite('checkpoints');

const target = {index: 0, stateKey: 'Leads', collection: 'acme/Leads'};
const at = (seconds: number) => ({inc: {cursor: stateTime(nowS + seconds)}});
const begun: BindingState = {start: stateTime(0), deleted: {cursor: stateTime(nowS)}, ...at(0)};

/** Checkpoints in a sink that writes one transaction after another, each when it is let. */
function checking({complete = (patch) => patch, failure}: {complete?: Complete; failure?: Error} = {}) {
  const written: (StatePatch | undefined)[] = [];
  let last = Promise.resolve();
  const sink: Sink = {
    write(piece) {
      const writing = last.then(() => {
        if (failure !== undefined) throw failure;
        written.push(patchOf(piece));
        return piece.docs?.count ?? 0;
      });
      last = writing.then(
        () => {},
        () => {},
      );
      return writing;
    },
    async describe() {},
    async close() {},
  };
  return {it: new Checkpoints(sink, target, begun, complete), written};
}

checkpoints('change the state when they are written, and not before', async () => {
  const {it, written} = checking();
  const writing = it.patch(at(1));
  assert.deepEqual(it.state, begun);
  await writing;
  assert.deepEqual(it.state, {...begun, ...at(1)});
  assert.deepEqual(written, [savedOf(at(1))]);
});

checkpoints('that depend on the state see it as the one before has left it', async () => {
  const {it, written} = checking();
  const seen: string[] = [];
  const late = () => {
    seen.push(it.state.inc.cursor);
    return at(2);
  };
  await Promise.all([it.patch(at(1)), it.patch(late)]);
  assert.deepEqual(seen, [stateTime(nowS + 1)]);
  assert.deepEqual(written, [savedOf(at(1)), savedOf(at(2))]);
});

checkpoints('are completed with what their documents did, by the state before them', async () => {
  const {it, written} = checking({complete: (patch, {inc}) => ({...patch, last_initialized: inc.cursor})});
  await it.patch(at(1));
  assert.deepEqual(written, [savedOf({...at(1), last_initialized: stateTime(nowS)})]);
  assert.equal(it.state.last_initialized, stateTime(nowS));
});

checkpoints('close the documents that they are written with; those without one change nothing', async () => {
  const {it, written} = checking();
  const admitted: number[] = [];
  const into = it.writer({
    admit: () => true,
    onWritten: async (count) => void admitted.push(count),
    onFailed: () => assert.fail('nothing fails'),
  });
  const {signal} = new AbortController();
  await pipeDocuments([{items: docsOf(['{}', '{}'])}, {items: docsOf(['{}']), patch: at(1)}], {into, signal});
  assert.deepEqual(
    [written, admitted],
    [
      [undefined, savedOf(at(1))],
      [2, 1],
    ],
  );
  assert.deepEqual(it.state, {...begun, ...at(1)});
});

checkpoints('that cannot be written leave the state as it is', async () => {
  const full = new Error('No space left');
  const {it} = checking({failure: full});
  await assert.rejects(it.patch(at(1)), (error) => error === full);
  assert.deepEqual(it.state, begun);
});

checkpoints.run();
