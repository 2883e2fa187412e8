/**
 * The connector's stages from a page on disk to Flow's protocol on standard output, without network
 * or capture.
 */
import {createReadStream} from 'node:fs';
import {pipe} from '../../pipeline.ts';
import {DescriptorOutput} from '../../platform/stdout.ts';
import type {Batch, RowBlock} from '../../records/batch.ts';
import {FlowSink} from '../../sinks/flow.ts';
import type {Target} from '../../sinks/sink.ts';
import {sinkWriter} from '../../sinks/writers.ts';
import {parseCsv} from '../../transforms/parse-csv.ts';
import {unzip} from '../../transforms/unzip.ts';
import {fieldsOf} from '../../zoho/fields.ts';
import {type ShapeName, shapeOf} from '../fixtures.ts';
import type {Task} from '../task.ts';

/** Reads the page once. */
export async function fromFile({page}: Task): Promise<number> {
  async function* batches(): AsyncGenerator<Batch<RowBlock>, void, void> {
    for await (const items of parseCsv(unzip(createReadStream(page.zip, {highWaterMark: 1 << 18})))) yield {items};
  }
  return emit(batches(), page.shape);
}

export const targetAt = (index: number): Target => ({index, stateKey: `Bench${index}`, collection: `bench/${index}`});

/**
 * Passes the rows of a page through the stages to standard output; returns the number of documents.
 */
export async function emit(source: AsyncIterable<Batch<RowBlock>>, shape: ShapeName): Promise<number> {
  const {columns} = shapeOf(shape);
  const fields = fieldsOf(
    'Bench0',
    columns.map(({name, dataType, jsonType}) => ({
      api_name: name,
      data_type: dataType,
      json_type: jsonType,
      formula: undefined,
      rollup_summary: undefined,
      pick_list_values: undefined,
    })),
  );
  const {signal} = new AbortController();
  const sink = new FlowSink(new DescriptorOutput(1, () => process.stdout), signal);
  const target = targetAt(0);
  let count = 0;
  await pipe(source, {
    module: 'Bench0',
    fields: new Map(fields.map((field) => [field.name, field])),
    signal,
    onMisfit: (field) => {
      throw new Error(`Cannot measure: values of ${field} do not fit its type`);
    },
    into: sinkWriter(sink, target, {
      onCommit: ({patch}) => (typeof patch === 'function' ? patch() : patch),
      async onWritten(admitted) {
        count += admitted;
      },
    }),
  });
  await sink.close();
  return count;
}
