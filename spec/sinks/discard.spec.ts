import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {DiscardSink} from '../../lib/sinks/discard.ts';
import {docsOf} from '../harness/blocks.ts';

const discard = suite('DiscardSink');

const target = {index: 0, stateKey: 'Leads', collection: 'acme/Leads'};

discard('asks once for each document, in order, then for the checkpoint, and says how many it would have written', async () => {
  const asked: unknown[] = [];
  const docs = docsOf(['{"id":1}', '{"id":2}', '{"id":3}']);
  const admit = (given: unknown, i: number) => {
    asked.push(given === docs && i);
    return i !== 1;
  };
  const patch = () => void asked.push('checkpoint');
  assert.equal(await new DiscardSink().write({target, docs, admit, patch}), 2);
  assert.deepEqual(asked, [0, 1, 2, 'checkpoint']);
});

discard('takes all documents where nobody decides, and transactions without any', async () => {
  const sink = new DiscardSink();
  assert.equal(await sink.write({target, docs: docsOf(['{}', '{}'])}), 2);
  assert.equal(await sink.write({target, patch: {x: 1}}), 0);
  await sink.describe();
  await sink.close();
});

discard.run();
