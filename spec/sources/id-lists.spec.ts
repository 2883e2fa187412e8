import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {ZohoError} from '../../lib/errors/errors.ts';
import {idLists} from '../../lib/sources/id-lists.ts';
import {PageSize} from '../../lib/sources/page-size.ts';

/** Lists of ids, and what becomes of one that Zoho rejects or cannot deliver. */
const lists = suite('idLists');

const refused = new ZohoError('refused', 'too many', {code: 'LIMIT_EXCEEDED'});
const unavailable = new ZohoError('unavailable', 'no answer');

interface Options {
  /** Ids in a list at first, and records at once. */
  readonly list?: number;
  readonly page?: number;
  /** What a list of so many ids fails with. */
  readonly failure?: (count: number, list: readonly string[]) => Error | undefined;
  /** Answers a failure that is no refusal; requests it again without it. */
  readonly rescue?: string;
}

/** Reads ten ids. */
async function read({list = 100, page = 100, failure = () => undefined, rescue}: Options, count = 10) {
  const sizes = {list: new PageSize({most: list}), page: new PageSize({most: page})};
  const ids = Array.from({length: count}, (_, i) => String(i));
  const [asked, refusals, answers]: [number[], number[], string[]] = [[], [], []];
  const reading = idLists<string>(ids, {
    sizes,
    async read(wanted) {
      assert.ok(asked.push(wanted.length) < 50, 'asked without end');
      const error = failure(wanted.length, wanted);
      if (error !== undefined) throw error;
      return wanted.join('');
    },
    onRefused: (size) => refusals.push(size),
    async onFailed(wanted, error) {
      if (rescue !== undefined) return rescue;
      if (!sizes.page.failed(wanted.length)) throw error;
      return undefined;
    },
  });
  const read: string[] = [];
  for await (const {asked: wanted, answer} of reading) {
    read.push(...wanted);
    answers.push(answer);
  }
  return {isComplete: read.join() === ids.join(), asked, refusals, answers, sizes};
}

const moreThan =
  (most: number, error: Error = refused) =>
  (count: number): Error | undefined =>
    count > most ? error : undefined;

lists('are as long as a list may be, or as records are delivered at once', async () => {
  assert.deepEqual((await read({list: 4})).answers, ['0123', '4567', '89']);
  assert.deepEqual((await read({page: 3})).answers, ['012', '345', '678', '9']);
  assert.deepEqual((await read({}, 0)).asked, []);
});

lists('are halved while they are rejected, and stay as short as the first that is accepted', async () => {
  for (const error of [refused, new ZohoError('field', 'no such column', {field: 'id'})]) {
    const {isComplete, asked, refusals, sizes} = await read({list: 8, failure: moreThan(2, error)});
    assert.deepEqual([isComplete, asked], [true, [8, 4, 2, 2, 2, 2, 2]]);
    assert.deepEqual([refusals, sizes.list.rows], [[2], 2], 'reported once');
  }
});

lists('are halved from the longest that was asked for, not from the longest that may be', async () => {
  const {isComplete, asked, sizes} = await read({list: 100, page: 10, failure: moreThan(5)});
  assert.deepEqual([isComplete, asked, sizes.list.rows], [true, [10, 6, 3, 3, 3, 1], 3]);
});

lists('of a single id are not rejected for their length', async () => {
  await assert.rejects(read({list: 2, failure: moreThan(0)}), refused);
  const sizes = {list: new PageSize({most: 4}), page: new PageSize({most: 4})};
  const reader = {sizes, read: () => Promise.reject(refused), onRefused: () => assert.fail(), onFailed: () => assert.fail()};
  await assert.rejects(Array.fromAsync(idLists(['1', '2', '3'], reader)), refused);
  assert.equal(sizes.list.rows, 4, 'nothing is learnt from it');
});

lists('that fail otherwise are asked for again with the sizes of then', async () => {
  for (const error of [unavailable, new ZohoError('field', 'no such column', {field: 'A'}), new Error('cut')]) {
    const {isComplete, asked, refusals} = await read({list: 8, page: 8, failure: moreThan(2, error)});
    assert.deepEqual([isComplete, asked, refusals], [true, [8, 4, 2, 2, 2, 2, 2], []]);
  }
  await assert.rejects(read({failure: () => unavailable}), unavailable);
});

lists('that fail are passed with the answer that the caller has for them', async () => {
  const {isComplete, answers, asked} = await read({
    list: 4,
    failure: (_, [first]) => (first === '4' ? unavailable : undefined),
    rescue: 'rescued',
  });
  assert.deepEqual([isComplete, answers, asked], [true, ['0123', 'rescued', '89'], [4, 4, 2]]);
});

lists.run();
