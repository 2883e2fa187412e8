import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {didYouMean} from '../../lib/errors/did-you-mean.ts';

const near = suite('nearest');
const modules = ['Accounts', 'Calls', 'Contacts', 'Deals', 'Leads', 'Tasks'];

near('finds the word that was meant', () => {
  const meant: [string, string][] = [
    ['leads', 'Leads'],
    ['Lead', 'Leads'],
    ['Laeds', 'Leads'],
    ['Contcats', 'Contacts'],
    ['ACCOUNTS', 'Accounts'],
    ['Accuonts', 'Accounts'],
    ['Deal', 'Deals'],
  ];
  for (const [typed, word] of meant) assert.equal(didYouMean(typed, modules), word, typed);
});

near('finds none when none is near', () => {
  for (const typed of ['Invoices', 'x', '', 'Custom_Module_7']) assert.equal(didYouMean(typed, modules), undefined, typed);
  assert.equal(didYouMean('Leads', []), undefined);
});

near('is not held up by long words', () => {
  assert.equal(didYouMean('x'.repeat(1_000_000), ['y'.repeat(1_000_000)]), undefined);
});

near.run();
