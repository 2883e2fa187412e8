/** The control that a measurement must refuse: as many documents as there should be, and nothing in them. */
import type {Task} from '../task.ts';

export async function broken({page}: Task): Promise<number> {
  for (let row = 0; row < page.rows; row++) process.stdout.write('{"captured":{"binding":0,"doc":{}}}\n');
  return page.rows;
}
