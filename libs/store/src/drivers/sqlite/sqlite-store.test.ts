import { describeStore } from '../../conformance/describe-store.ts';
import { createSqliteFixture } from './sqlite-fixture.ts';

describeStore('sqlite', createSqliteFixture);
