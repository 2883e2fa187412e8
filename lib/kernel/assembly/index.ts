/**
 * The kernel: the work on every byte of a page, in AssemblyScript, compiled to WebAssembly by `npm
 * run kernel`. It allocates nothing and keeps nothing. The caller (`kernel.ts`) lays out the memory
 * and passes addresses.
 */
export {coerce, written, writtenTo} from './coerce';
export {instantSeconds} from './instant';
export {isId} from './scalar';
export {next, scan, stop} from './scan';

/** Where free memory begins. */
export function heapBase(): usize {
  return __heap_base;
}
