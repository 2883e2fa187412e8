import assert from 'node:assert/strict';
import fc from 'fast-check';
import {suite} from 'uvu';
import {ConfigError} from '../../lib/errors/errors.ts';
import {type OpenRequest, parseRequest, respond} from '../../lib/flow/protocol.ts';

const protocol = suite('parseRequest');

const parse = (message: unknown) => parseRequest(JSON.stringify(message), 1);
const open = (body: object) => parse({open: body}) as OpenRequest;

function failure(line: string, number = 1): string {
  try {
    parseRequest(line, number);
  } catch (error) {
    assert.ok(error instanceof ConfigError, `expected a ConfigError, not ${error}`);
    return error.message;
  }
  return assert.fail('expected a failure');
}

protocol('takes what is absent, or null, for the default', () => {
  assert.deepEqual(parse({spec: {}}), {kind: 'spec'});
  assert.deepEqual(parse({discover: {}}), {kind: 'discover', config: {}});
  assert.deepEqual(parse({validate: {}}), {kind: 'validate', config: {}, bindings: []});
  assert.deepEqual(parse({apply: {capture: {bindings: null}}}), {kind: 'apply'});
  const nothing = {kind: 'open', name: '', config: {}, bindings: [], range: {keyBegin: 0, keyEnd: 0xffff_ffff}, state: {}};
  assert.deepEqual(open({}), nothing);
  assert.deepEqual(open({capture: null, range: null, state: null}), nothing);
  assert.deepEqual(open({capture: {bindings: null, linkedCollections: null}}), nothing);
});

protocol('takes an absent range, and one without ends, for everything', () => {
  for (const range of [undefined, null, {}, {keyBegin: 0, keyEnd: 0}, {rClockEnd: 4_294_967_295}, {keyBegin: '0'}]) {
    assert.deepEqual(open({range}).range, {keyBegin: 0, keyEnd: 4_294_967_295}, JSON.stringify(range));
  }
  assert.deepEqual(open({range: {keyEnd: 1}}).range, {keyBegin: 0, keyEnd: 1});
  assert.deepEqual(open({range: {keyEnd: 4_294_967_295, rClockEnd: 4_294_967_295}}).range, {keyBegin: 0, keyEnd: 4_294_967_295});
  assert.deepEqual(open({range: {keyBegin: '2147483648', keyEnd: '4294967295'}}).range, {
    keyBegin: 2_147_483_648,
    keyEnd: 4_294_967_295,
  });
});

protocol('gives bindings without stateKey and path a key of their name', () => {
  const bindings = [{resourceConfig: {name: 'Leads'}}, {resourceConfig: {name: 'Deals'}, backfill: 2}, {resourceConfig: 'x'}];
  assert.deepEqual(
    open({capture: {bindings}}).bindings.map(({stateKey}) => stateKey),
    ['Leads', 'Deals.v2', ''],
  );
});

protocol('passes over properties that it does not know, at every level', () => {
  const extra = {$internal: 'AAAA', length: '536870912', later: {x: [1]}};
  const plain = {
    capture: {
      name: 'a/b',
      config: {},
      bindings: [{resourceConfig: {name: 'Leads'}, collection: {name: 'a/Leads'}, stateKey: 'Leads'}],
    },
    range: {keyEnd: 1},
  };
  const binding = plain.capture.bindings[0]!;
  const full = {
    capture: {...plain.capture, ...extra, bindings: [{...binding, ...extra, collection: {...binding.collection, ...extra}}]},
    range: {...plain.range, ...extra},
    ...extra,
  };
  assert.deepEqual(parse({open: full, ...extra}), parse({open: plain}));
});

protocol('numbers bindings by their place', () => {
  const request = open({
    capture: {
      bindings: [
        {
          resourceConfig: {name: 'Leads'},
          resourcePath: ['Leads'],
          collection: {name: 'a/Leads'},
          backfill: 2,
          stateKey: 'Leads.v2',
        },
        {resourceConfig: {name: 'Deals'}, collection: {name: 'a/Deals'}, stateKey: 'Deals'},
      ],
    },
  });
  assert.deepEqual(request.bindings, [
    {index: 0, resourceConfig: {name: 'Leads'}, collection: 'a/Leads', key: [], stateKey: 'Leads.v2'},
    {index: 1, resourceConfig: {name: 'Deals'}, collection: 'a/Deals', key: [], stateKey: 'Deals'},
  ]);
});

protocol('derives a stateKey that is absent from the path and the backfill counter, a number or its text', () => {
  for (const backfill of [3, '3']) {
    const [binding] = open({capture: {bindings: [{resourcePath: ['Leads'], backfill}]}}).bindings;
    assert.equal(binding?.stateKey, 'Leads.v3');
  }
});

protocol('finds collections inline or linked, the first one without an index', () => {
  const linkedCollections = [{name: 'a/Leads'}, {name: 'a/Deals'}];
  const bindings = [{stateKey: 'x'}, {stateKey: 'y', collectionIndex: 1}, {stateKey: 'z', collectionIndex: '1'}];
  const names = open({capture: {bindings, linkedCollections}}).bindings.map(({collection}) => collection);
  assert.deepEqual(names, ['a/Leads', 'a/Deals', 'a/Deals']);
  const validate = parse({validate: {bindings, linkedCollections}});
  assert.deepEqual(validate.kind === 'validate' && validate.bindings.map(({collection}) => collection), names);
});

protocol('refuses collections both inline and linked, and links to nowhere', () => {
  const both = {capture: {bindings: [{collection: {name: 'a'}}], linkedCollections: [{name: 'a'}]}};
  assert.equal(
    failure(JSON.stringify({open: both})),
    'Cannot read request 1, open: binding 0 has a collection besides linkedCollections',
  );
  const nowhere = {bindings: [{}, {collectionIndex: 2}], linkedCollections: [{name: 'a'}, {name: 'b'}]};
  assert.equal(
    failure(JSON.stringify({validate: nowhere})),
    'Cannot read request 1, validate: binding 1 points to linked collection 2 of 2',
  );
});

protocol('says which request cannot be read and why', () => {
  assert.equal(failure('{"spec":', 3), 'Cannot read request 3: its line of 8 characters is not JSON');
  assert.equal(failure('7'), 'Cannot read request 1: it must be an object, not a number');
  assert.equal(failure('null'), 'Cannot read request 1: it must be an object, not null');
  assert.equal(failure('{}'), 'Cannot read request 1: it is none of spec, discover, validate, apply, open, acknowledge');
  assert.equal(failure('{"spec":{},"open":{}}', 2), 'Cannot read request 2: it is spec and open at once');
  assert.equal(
    failure('{"open":{"capture":{"bindings":[{},{"backfill":-1}]}}}'),
    'Cannot read request 1, open: capture.bindings.1.backfill must be a whole number',
  );
  assert.equal(
    failure('{"open":{"range":{"keyEnd":"ffffffff"}}}'),
    'Cannot read request 1, open: range.keyEnd must be a whole number',
  );
  assert.equal(
    failure('{"validate":{"bindings":{}}}'),
    'Cannot read request 1, validate: bindings must be an array, not an object',
  );
  for (const kind of ['spec', 'discover', 'validate', 'apply', 'open', 'acknowledge'])
    assert.equal(failure(`{"${kind}":"x"}`), `Cannot read request 1, ${kind}: it must be an object, not a string`);
});

protocol('names the first fault of a request, and not every one of many bindings', () => {
  assert.equal(
    failure('{"open":{"capture":{"bindings":[{"backfill":-1},{"backfill":-1}]}}}'),
    'Cannot read request 1, open: capture.bindings.0.backfill must be a whole number',
  );
});

protocol('takes any JSON for a request or says why not, and never repeats what it holds', () => {
  const secret = 'S3CR3T';
  const body = fc.oneof(
    fc.jsonValue(),
    fc.record({config: fc.constant(secret), bindings: fc.jsonValue(), range: fc.jsonValue(), capture: fc.jsonValue()}),
  );
  const kind = fc.constantFrom('spec', 'discover', 'validate', 'apply', 'open', 'acknowledge', secret);
  fc.assert(
    fc.property(fc.dictionary(kind, body), fc.nat(40), (message, cut) => {
      const line = JSON.stringify(message);
      for (const text of [line, line.slice(cut), line.slice(0, -cut)]) {
        try {
          assert.ok(parseRequest(text, 1).kind in message || text !== line);
        } catch (error) {
          assert.ok(error instanceof ConfigError, `${error}`);
          assert.ok(!error.message.includes(secret));
        }
      }
    }),
  );
});

protocol('answers with an object of its one kind', () => {
  assert.deepEqual(respond.spec({a: 1}), {spec: {a: 1}});
  assert.deepEqual(respond.discovered([]), {discovered: {bindings: []}});
  assert.deepEqual(respond.validated([['Leads'], ['Deals']]), {
    validated: {bindings: [{resourcePath: ['Leads']}, {resourcePath: ['Deals']}]},
  });
  assert.deepEqual(respond.applied('nothing to do'), {applied: {actionDescription: 'nothing to do'}});
  assert.deepEqual(respond.opened(), {opened: {explicitAcknowledgements: false}});
});

protocol('takes a range with either end for a range', () => {
  for (const range of [
    {keyBegin: 5, keyEnd: 0},
    {keyBegin: 0, keyEnd: 5},
  ])
    assert.deepEqual(open({range}).range, range);
});

protocol('gives bindings without a collection no name and no key', () => {
  const [binding] = open({capture: {bindings: [{resourceConfig: null}]}}).bindings;
  assert.deepEqual([binding?.collection, binding?.key, binding?.stateKey], ['', [], '']);
});

protocol('takes whole numbers and their texts, and no others, and a message with one kind though others are null', () => {
  const backfillOf = (backfill: unknown) => failure(JSON.stringify({open: {capture: {bindings: [{backfill}]}}}));
  for (const bad of ['', 'x', -1, 1.5, 2 ** 53])
    assert.equal(backfillOf(bad), 'Cannot read request 1, open: capture.bindings.0.backfill must be a whole number', String(bad));
  assert.match(backfillOf(true), /must be a whole number, not a boolean$/);
  assert.deepEqual(parse({spec: {}, open: null}), {kind: 'spec'});
});

protocol.run();
