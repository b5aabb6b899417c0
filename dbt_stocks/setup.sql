-- Creates what StockFeed needs in a Snowflake account. An administrator runs it once.
--
-- 1. Create a key pair. Only the public key goes into this file; docs/snowflake.md describes where
--    the private key goes.
--      openssl genrsa 2048 | openssl pkcs8 -topk8 -v2 aes-256-cbc -out stockfeed.p8
--      openssl rsa -in stockfeed.p8 -pubout | grep -v '^-----' | tr -d '\n'
-- 2. Replace PASTE_THE_PUBLIC_KEY_HERE with the output of the second command. (A session variable
--    is limited to 256 bytes, too few for a key.) Snowflake rejects the placeholder itself.
-- 3. Run the complete file, in a worksheet with "Run all" or with `snow sql -f setup.sql`, as a
--    user who can use the roles USERADMIN, SYSADMIN, SECURITYADMIN and ACCOUNTADMIN.
--
-- Names are literal, so that you can read exactly what runs. To use other names, replace them
-- throughout the file. STOCKS, RAW and ANALYTICS are a feed's warehouse.database, warehouse.schema
-- and warehouse.dbt.schema.
--
-- You can run the file again. It creates what is missing, repeats the grants, and assigns the
-- resource monitor to the warehouse. It changes no other setting: not the warehouse's size, not the
-- user's keys, not the quota.

-- A role for the pipeline, a role for people who read its results, and the pipeline's user.
USE ROLE USERADMIN;

CREATE ROLE IF NOT EXISTS STOCKFEED
  COMMENT = 'Loads quotes and builds models';

CREATE ROLE IF NOT EXISTS STOCKFEED_READER
  COMMENT = 'Reads the models of StockFeed';

-- A service user has no password and cannot sign in to Snowsight.
CREATE USER IF NOT EXISTS STOCKFEED
  TYPE = SERVICE
  DEFAULT_ROLE = STOCKFEED
  DEFAULT_SECONDARY_ROLES = ()
  DEFAULT_WAREHOUSE = STOCKFEED
  RSA_PUBLIC_KEY = 'PASTE_THE_PUBLIC_KEY_HERE'
  COMMENT = 'The pipeline';

GRANT ROLE STOCKFEED TO USER STOCKFEED;
-- Account administrators keep access to what the pipeline creates.
GRANT ROLE STOCKFEED TO ROLE SYSADMIN;
GRANT ROLE STOCKFEED_READER TO ROLE SYSADMIN;

-- A warehouse, and a database with one schema for raw data and one for the models.
USE ROLE SYSADMIN;

-- A statement timeout of an hour is far longer than a minute's load and build, and leaves time to
-- rebuild a model. It must exceed the ten minutes for which a loader waits for another's lock.
CREATE WAREHOUSE IF NOT EXISTS STOCKFEED
  WAREHOUSE_SIZE = XSMALL
  AUTO_SUSPEND = 60
  AUTO_RESUME = TRUE
  INITIALLY_SUSPENDED = TRUE
  STATEMENT_TIMEOUT_IN_SECONDS = 3600
  STATEMENT_QUEUED_TIMEOUT_IN_SECONDS = 600
  COMMENT = 'Load and build of StockFeed';

CREATE DATABASE IF NOT EXISTS STOCKS
  DATA_RETENTION_TIME_IN_DAYS = 1
  COMMENT = 'Quotes and the models built from them';

-- With managed access, only the schema's owner can grant privileges on objects in it. The pipeline,
-- which owns the objects, cannot.
CREATE SCHEMA IF NOT EXISTS STOCKS.RAW WITH MANAGED ACCESS
  COMMENT = 'Landed lines, unchanged';

CREATE SCHEMA IF NOT EXISTS STOCKS.ANALYTICS WITH MANAGED ACCESS
  COMMENT = 'Bronze, silver and gold';

-- Grants. The pipeline owns the tables, views and the stage that it creates, so it needs none on
-- them. docs/snowflake.md lists the statements that need each grant.
USE ROLE SECURITYADMIN;

GRANT USAGE ON WAREHOUSE STOCKFEED TO ROLE STOCKFEED;
-- Snowflake requires CREATE SCHEMA even if CREATE SCHEMA IF NOT EXISTS finds the schema.
GRANT USAGE, CREATE SCHEMA ON DATABASE STOCKS TO ROLE STOCKFEED;
GRANT USAGE, CREATE TABLE, CREATE STAGE ON SCHEMA STOCKS.RAW TO ROLE STOCKFEED;
GRANT USAGE, CREATE TABLE, CREATE VIEW ON SCHEMA STOCKS.ANALYTICS TO ROLE STOCKFEED;

-- No warehouse for readers: their queries would slow down the pipeline and keep its warehouse
-- awake.
GRANT USAGE ON DATABASE STOCKS TO ROLE STOCKFEED_READER;
GRANT USAGE ON SCHEMA STOCKS.ANALYTICS TO ROLE STOCKFEED_READER;
GRANT SELECT ON ALL TABLES IN SCHEMA STOCKS.ANALYTICS TO ROLE STOCKFEED_READER;
GRANT SELECT ON ALL VIEWS IN SCHEMA STOCKS.ANALYTICS TO ROLE STOCKFEED_READER;
-- A table that dbt rebuilds is a new object, so it needs a future grant.
GRANT SELECT ON FUTURE TABLES IN SCHEMA STOCKS.ANALYTICS TO ROLE STOCKFEED_READER;
GRANT SELECT ON FUTURE VIEWS IN SCHEMA STOCKS.ANALYTICS TO ROLE STOCKFEED_READER;

-- A limit on costs. An X-Small warehouse that never suspends uses 744 credits in 31 days.
-- At the quota, loads and builds stop. No data is lost: landed objects wait in the bucket.
USE ROLE ACCOUNTADMIN;

CREATE RESOURCE MONITOR IF NOT EXISTS STOCKFEED WITH
  CREDIT_QUOTA = 800
  FREQUENCY = MONTHLY
  START_TIMESTAMP = IMMEDIATELY
  TRIGGERS
    ON 80 PERCENT DO NOTIFY
    ON 100 PERCENT DO SUSPEND
    ON 110 PERCENT DO SUSPEND_IMMEDIATE;

ALTER WAREHOUSE STOCKFEED SET RESOURCE_MONITOR = STOCKFEED;
