import { IsInt, IsString, validateSync } from 'class-validator';
import { rememberValidationRules } from './validation-rules.js';

class Below {
  @IsString()
  name: string;
}

class Above extends Below {
  @IsInt()
  size: number;
}

const broken = (value: object): string[] => validateSync(value).map(({ property }) => property);

describe('remembered validation rules', () => {
  beforeAll(() => {
    rememberValidationRules();
    rememberValidationRules();
  });

  it('judge each object by its own class, inherited rules included, however often', () => {
    for (let n = 0; n < 3; n++) {
      expect(broken(Object.assign(new Above(), { name: 1, size: 'x' })).sort()).toEqual(['name', 'size']);
      expect(broken(Object.assign(new Above(), { name: 'a', size: 1 }))).toEqual([]);
      expect(broken(Object.assign(new Below(), { name: 1, size: 'x' }))).toEqual(['name']);
    }
  });

  it('leave groups alone', () => {
    class Grouped {
      @IsString({ groups: ['strict'] })
      name: unknown = 1;
    }
    expect(validateSync(new Grouped(), { groups: ['other'], forbidUnknownValues: false })).toEqual([]);
    expect(validateSync(new Grouped(), { groups: ['strict'] })).toHaveLength(1);
  });
});
