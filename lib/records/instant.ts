/** Points in time as Zoho writes them. */
export {instantSeconds as modifiedSeconds} from '../kernel/kernel.ts';
