{#- All tests that look at this model alone, in one query, for the minute's run: one for each would be
    most of what that sends. The daily run has the tests themselves.

    Gives one row: the three columns that dbt takes of any test, then the results of each test.
    macros/materializations/test.sql makes failures and warnings of these. -#}
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
