/** Where the results of finished jobs are, as Zoho says. */
import {ZohoError} from '../errors/errors.ts';
import {jobAddressesMax} from './limits.ts';

/** Paths of the latest jobs by id; the oldest are forgotten. */
export class DownloadAddresses {
  readonly #origin: string;
  readonly #paths = new Map<string, string>();

  constructor(origin: string) {
    this.#origin = origin;
  }

  /** The path of a job's result; undefined when Zoho gave none. */
  of(id: string): string | undefined {
    return this.#paths.get(id);
  }

  /**
   * Takes the address that Zoho gave, if any. The download carries the token, so the address must
   * be on the API's own host: any other is refused.
   */
  remember(id: string, address: string | null | undefined): void {
    if (!address) return;
    const url = URL.parse(address, this.#origin);
    if (url?.origin !== this.#origin)
      throw new ZohoError(
        'refused',
        `Cannot download the result of bulk read job ${id}: Zoho gave an address outside ${this.#origin}`,
      );
    this.#paths.set(id, url.pathname + url.search);
    if (this.#paths.size > jobAddressesMax) this.#paths.delete(this.#paths.keys().next().value!);
  }
}
