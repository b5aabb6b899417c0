{#- Runs all tests that read only this model in one query. The minute's run uses it: one query per
    test would be most of its statements. The daily run uses the tests themselves.

    Returns one row: the three columns that dbt reads from any test, then the number of failures of
    each test. macros/materializations/test.sql turns these into errors and warnings. -#}
{% test all_at_once(model) %}
    {%- set tests = tests_at_once(context['model']) %}
    with newest as (
        select * from {{ model }}
    ),

    counted as (
        select
        {%- for test in tests %}
            {{ count_of_results(test, 'newest') }} as {{ test.name }},
        {%- endfor %}
            count(*) as row_count
        from newest
    )

    select
        0 {%- for test in tests %} + {{ test.name }}{% endfor %} as failures,
        failures > 0 as should_warn,
        false as should_error
        {%- for test in tests %},
        {{ test.name }}
        {%- endfor %}
    from counted
{% endtest %}
