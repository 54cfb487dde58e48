import { InvalidArgumentError } from 'commander';

/** Reads an option's value. */
export function numberFrom(min: number, max: number, isInteger = false): (value: string) => number {
  return (value) => {
    const number = value.trim() === '' ? Number.NaN : Number(value);
    if (Number.isNaN(number) || number < min || number > max || (isInteger && !Number.isInteger(number))) {
      throw new InvalidArgumentError(`${isInteger ? 'a whole number' : 'a number'} from ${min} to ${max}.`);
    }
    return number;
  };
}
