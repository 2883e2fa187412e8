/** The little of WebAssembly's interface that the kernel needs: TypeScript knows it only together with all of a browser's. */
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
    /** Adds pages of 64 KiB; `buffer` is another one from then on. */
    grow(pages: number): number;
  }

  interface Global {
    readonly value: number;
  }
}
