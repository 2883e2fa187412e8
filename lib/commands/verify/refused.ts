/** Fields that COQL refuses, found before anything is compared. */
import type {FieldPlan} from '../../capture/field-plan.ts';
import {bisectColumns, columnCodes, takeHint} from '../../capture/refused-columns.ts';
import {ZohoError} from '../../errors/errors.ts';
import type {ZohoClient} from '../../zoho/api.ts';
import {windowQuery} from '../../zoho/coql.ts';

/**
 * Finds the fields that COQL refuses, with a query of one record per slice. Changes come without
 * these.
 */
export async function leaveOutRefused(module: string, plan: FieldPlan, client: ZohoClient, signal: AbortSignal): Promise<void> {
  const {quoting} = plan;
  const search = {module, client, fields: plan, fromS: 0, refuse: async (column: string) => plan.refuse('coql', column)};
  for (let slice = 0; slice < plan.coqlSlices.length; ) {
    const columns = plan.coqlSlices[slice]!;
    try {
      await client.coql(windowQuery({module, columns, fromS: 0, limit: 1, quoting}), signal);
      slice++;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ZohoError) || (error.kind !== 'field' && error.kind !== 'refused')) throw error;
      if (await takeHint(search, error)) continue;
      if (columnCodes.has(String(error.code)) && (await bisectColumns(search, signal))) continue;
      // Perhaps too many columns. Fields that are refused for good are not compared here.
      if (!plan.narrowCoql()) return;
      slice = 0;
    }
  }
}
