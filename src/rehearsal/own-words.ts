/**
 * An object whose methods fail in words of ours. What a server says may quote its data, and an error that nobody foresaw is printed as it is.
 * @param told makes an error that may be shown out of one that a method threw
 */
export function inOwnWords<T extends object>(target: T, told: (error: unknown) => unknown): T {
  return new Proxy(target, {
    get(object, name) {
      const value: unknown = Reflect.get(object, name, object);
      if (typeof value !== 'function') return value;
      return (...parameters: readonly unknown[]) => {
        const result: unknown = value.apply(object, parameters);
        return result instanceof Promise
          ? result.catch((error: unknown) => {
              throw told(error);
            })
          : result;
      };
    },
  });
}
