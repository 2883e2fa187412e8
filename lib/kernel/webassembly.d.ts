/**
 * The part of the WebAssembly API that the kernel uses. TypeScript declares it only together with
 * the whole DOM.
 */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
  }

  class Instance<Exports> {
    constructor(module: Module, imports: object);
    readonly exports: Exports;
  }

  interface Memory {
    readonly buffer: ArrayBuffer;
    /** Adds pages of 64 KiB and replaces `buffer`. */
    grow(pages: number): number;
  }

  interface Global {
    readonly value: number;
  }
}
