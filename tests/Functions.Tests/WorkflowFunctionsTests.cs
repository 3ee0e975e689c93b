using System.Reflection;
using IpswDiff.Diffing.Workflow;
using IpswDiff.Functions.Workflow;
using Microsoft.Azure.Functions.Worker;

namespace IpswDiff.Functions.Tests;

/// <summary>
/// What the workflow declares and the app has a function for: activities, and parts with a history of their own.
/// </summary>
public class WorkflowFunctionsTests
{
    [Fact]
    public void Every_activity_has_a_function_of_its_name_with_its_input_and_result()
    {
        var declared = DiffSteps.All.Select(step => (step.Name, Types: Names(step.GetType().GetGenericArguments())));
        var functions =
            from function in Functions()
            where function.Method.DeclaringType == typeof(ActivityFunctions)
            let input = function.Method.GetParameters()[0].ParameterType
            select (function.Name, Types: Names([input, .. function.Method.ReturnType.GetGenericArguments()]));
        Assert.Equal(declared.Order(), functions.Order());
        Assert.Equal(8, DiffSteps.All.DistinctBy(step => step.Name, StringComparer.Ordinal).Count());
    }

    [Fact]
    public void Every_part_of_the_workflow_has_an_orchestration_of_its_name()
    {
        string[] declared = [DiffWorkflow.CompareRow.Name, DiffWorkflow.UnpackRow.Name, Orchestrations.Run];
        var functions = Functions().Where(function => function.Method.DeclaringType == typeof(Orchestrations));
        Assert.Equal(
            declared.Order(StringComparer.Ordinal),
            functions.Select(function => function.Name).Order(StringComparer.Ordinal));
    }

    private static string Names(IEnumerable<Type> types) => string.Join(" to ", types.Select(type => type.Name));

    private static IEnumerable<(string Name, MethodInfo Method)> Functions() =>
        from type in typeof(AppSettings).Assembly.GetTypes()
        from method in type.GetMethods()
        let function = method.GetCustomAttribute<FunctionAttribute>()
        where function is not null
        select (function.Name, method);
}
