/** Modules by pattern: `*` stands for any letters, as in `Custom*`. Pure. */
import {suggestion} from '../errors/did-you-mean.ts';
import {ConfigError} from '../errors/errors.ts';

export function isPattern(name: string): boolean {
  return name.includes('*');
}

/** Whether a pattern or a plain name matches a module's name. */
export function matches(pattern: string, name: string): boolean {
  const parts = pattern.split('*').map((part) => RegExp.escape(part));
  return new RegExp(`^${parts.join('.*')}$`, 's').test(name);
}

/** The error for a module that is not among the known ones. */
export function unknownModule(module: string, known: readonly string[], where: string): ConfigError {
  if (isPattern(module)) return new ConfigError(`Cannot find any module that matches ${module} among ${where}`);
  return new ConfigError(`Cannot find module ${module} among ${where}${suggestion(module, known)}`);
}
