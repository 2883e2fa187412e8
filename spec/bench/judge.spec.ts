import assert from 'node:assert/strict';
import fc from 'fast-check';
import {suite} from 'uvu';
import {Digester, valuesDigest} from '../../lib/bench/digest.ts';
import {Judge, Refused} from '../../lib/bench/judge.ts';

const judging = suite('bench parity');

const lineOf = (binding: number, doc: string): string => `{"captured":{"binding":${binding},"doc":${doc}}}\n`;
const checkpoint = '{"checkpoint":{"state":{"updated":{"job":"1"},"mergePatch":true}}}\n';
const docs = ['{"id":1,"A":1.50}', '{"id":2,"A":null}', '{"id":3,"A":"x"}'];
const output = docs.map((doc) => lineOf(0, doc)).join('');

function digestOf(text: string, cuts: readonly number[] = []): {count: number; exact: string} {
  const digester = new Digester();
  let from = 0;
  for (const cut of [...cuts, text.length]) {
    digester.add(Buffer.from(text).subarray(from, cut));
    from = cut;
  }
  return digester.end();
}

judging('cuts of the output do not matter', () => {
  const text = `${output}${checkpoint}${lineOf(1, docs[0]!)}${output}`;
  const whole = digestOf(text);
  assert.equal(whole.count, 7);
  fc.assert(
    fc.property(fc.array(fc.nat(text.length), {maxLength: 6}), (cuts) => {
      assert.deepEqual(
        digestOf(
          text,
          cuts.sort((a, b) => a - b),
        ),
        whole,
      );
    }),
  );
});

judging('checkpoints, and the order between bindings, do not matter', () => {
  const [a, b] = [lineOf(0, docs[0]!), lineOf(1, docs[1]!)];
  const [one, other] = [`${a}${b}`, `${checkpoint}${b}${checkpoint}${a}`];
  assert.deepEqual(digestOf(one), digestOf(other));
  assert.equal(valuesDigest(Buffer.from(one)), valuesDigest(Buffer.from(other)));
});

judging('a document more, less, altered, moved within its binding or to another one is told', () => {
  const [a, b, c] = docs.map((doc) => lineOf(0, doc));
  const {exact} = digestOf(output);
  for (const other of [
    `${a}${b}`,
    `${output}${c}`,
    `${a}${c}${b}`,
    output.replace('"x"', '"y"'),
    output.replaceAll('g":0', 'g":1'),
  ]) {
    assert.notEqual(digestOf(other).exact, exact);
  }
});

judging('an output that ends inside a line is refused', () => {
  assert.throws(() => digestOf(output.slice(0, -1)), {message: 'Cannot compare the output: its last line has no end'});
});

judging('values written otherwise are the same values, ids keep all digits', () => {
  const values = (text: string): string => valuesDigest(Buffer.from(text));
  assert.equal(values('{"id":5725767000000524157,"A":1.5}\n'), values(lineOf(0, '{"A":1.50,"id":5725767000000524157}')));
  assert.notEqual(values('{"id":5725767000000524157}\n'), values('{"id":5725767000000524158}\n'));
  assert.notEqual(values('{"id":1,"A":null}\n'), values('{"id":1}\n'));
});

judging('the judge takes the same bytes, or the same values, and nothing else', () => {
  const judge = new Judge(digestOf(output), valuesDigest(Buffer.from(output)));
  const check = (text: string, kept = true): void =>
    judge.check('one', digestOf(text), () => (kept ? valuesDigest(Buffer.from(text)) : undefined));
  check(output, false);
  const otherwise = output.replace('1.50', '1.5');
  assert.throws(() => check(otherwise, false), Refused);
  check(otherwise);
  check(otherwise, false);
  assert.throws(() => check(output.replace('1.50', '1.51')), {message: 'one wrote other documents than the reference'});
  assert.throws(() => check(output + output), {message: 'one wrote 6 documents, the reference 3'});
  judge.checkCount('one', 3);
  assert.throws(() => judge.checkCount('one', 2), Refused);
});

judging.run();
