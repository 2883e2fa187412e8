/**
 * The kernel: what is done to every byte of a page, in AssemblyScript, compiled to WebAssembly by `npm run kernel`. It allocates nothing and keeps
 * nothing: whoever calls it (`kernel.ts`) lays out the memory, and addresses come in as arguments.
 */
export {coerce, written, writtenTo} from './coerce';
export {instantSeconds} from './instant';
export {isId} from './scalar';
export {next, scan, stop} from './scan';

/** Where memory begins to be free. */
export function heapBase(): usize {
  return __heap_base;
}
